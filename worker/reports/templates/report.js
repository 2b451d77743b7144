// Comfort only: the page says everything without this script.
(() => {
  "use strict";
  const form = document.querySelector(".filter");
  const groups = [...document.querySelectorAll(".group")].map((element) => ({
    element,
    heading: element.querySelector("h3").textContent.toLowerCase(),
    rows: [...element.querySelectorAll("tbody tr")].map((row) => ({ row, text: null, impact: row.dataset.impact })),
  }));
  const sections = [...document.querySelectorAll(".category")];

  const apply = () => {
    const wanted = form.elements.text.value.trim().toLowerCase();
    const impact = form.elements.impact.value;
    let shown = 0;
    let total = 0;
    for (const group of groups) {
      const headingMatches = group.heading.includes(wanted);
      let visible = 0;
      for (const entry of group.rows) {
        entry.text ??= entry.row.textContent.toLowerCase();
        const matches = (!impact || entry.impact === impact) && (headingMatches || entry.text.includes(wanted));
        entry.row.hidden = !matches;
        visible += matches;
      }
      group.element.hidden = visible === 0;
      shown += visible;
      total += group.rows.length;
    }
    for (const section of sections) section.hidden = !section.querySelector(".group:not([hidden])");
    form.querySelector("output").textContent =
      wanted || impact ? `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} shown` : "";
  };

  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;

  const valueOf = (row, index) => {
    const cell = row.cells[index];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value || -1);
  };
  const compare = (one, other) => (typeof one === "number" ? one - other : one.localeCompare(other));
  for (const table of document.querySelectorAll(".resources")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((heading, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", direction);
        const rows = [...table.tBodies[0].rows].sort((a, b) => compare(valueOf(a, index), valueOf(b, index)));
        table.tBodies[0].append(...(direction === "ascending" ? rows : rows.reverse()));
      });
    });
  }
})();
