// Comfort only: the page says everything without this script.
(() => {
  "use strict";
  const form = document.querySelector(".filter");
  const page = document.documentElement;
  const fields = form.elements;
  const collator = new Intl.Collator(page.lang, { numeric: true, sensitivity: "base" });
  const textOf = (element) => (element ? element.textContent.trim() : "");

  // Read once: of 10,000 rows the texts are wanted at every key that is pressed.
  const entryOf = (row, order) => {
    const name = textOf(row.querySelector("a, b"));
    return { row, order, name, place: textOf(row.cells[1].firstElementChild) || name, impact: row.dataset.impact };
  };
  const groups = [...document.querySelectorAll(".group")].map((element) => {
    const body = element.querySelector("tbody");
    return {
      element,
      body,
      category: element.closest(".part").id,
      heading: textOf(element.querySelector("h3")).toLocaleLowerCase(),
      entries: [...body.rows].map(entryOf),
    };
  });
  const sections = [...document.querySelectorAll(".category")];
  const total = groups.reduce((sum, group) => sum + group.entries.length, 0);
  const number = (value) => value.toLocaleString(page.lang);

  const places = new Set(groups.flatMap((group) => group.entries.map((entry) => entry.place)));
  for (const place of [...places].sort(collator.compare)) fields.subscription.add(new Option(place, place));

  // Browsers bring back what was chosen before a reload.
  form.reset();

  const count = form.querySelector("output");
  const apply = () => {
    const wanted = fields.text.value.trim().toLocaleLowerCase();
    const [category, impact, place] = [fields.category.value, fields.impact.value, fields.subscription.value];
    const active = Boolean(wanted || category || impact || place);
    let shown = 0;
    for (const group of groups) {
      const named = group.heading.includes(wanted);
      const here = !category || category === group.category;
      let visible = 0;
      for (const entry of group.entries) {
        const matches = here && (!impact || entry.impact === impact) && (!place || entry.place === place) &&
          (named || (entry.text ??= entry.row.textContent.toLocaleLowerCase()).includes(wanted));
        if (entry.row.hidden === matches) entry.row.hidden = !matches;
        visible += matches;
      }
      group.element.hidden = visible === 0;
      shown += visible;
    }
    for (const section of sections) section.hidden = !section.querySelector(".group:not([hidden])");
    count.textContent = form.dataset.shown.replace("{shown}", number(shown)).replace("{total}", number(total));
    form.querySelector(".nothing").hidden = shown > 0;
    form.classList.toggle("active", active);
    form.querySelector("button").disabled = !active && !fields.sort.value;
  };

  // What has no value comes last, whichever way the rest is sorted.
  const numberIn = (row, name) => {
    const cell = row.querySelector(name);
    return cell && cell.dataset.value !== undefined ? Number(cell.dataset.value) : null;
  };
  const impacts = ["High", "Medium", "Low", "Other"];
  const keys = {
    name: (entry) => entry.name,
    place: (entry) => entry.place,
    impact: (entry) => impacts.indexOf(entry.impact),
    savings: (entry) => numberIn(entry.row, ".a"),
    updated: (entry) => numberIn(entry.row, ".u"),
  };
  const sorted = (group, name, descending) => {
    const key = keys[name];
    const keyed = group.entries.map((entry) => ({ entry, value: key ? key(entry) : entry.order }));
    keyed.sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.entry.order - b.entry.order;
      const difference = typeof a.value === "string" ? collator.compare(a.value, b.value) : a.value - b.value;
      return (descending ? -difference : difference) || a.entry.order - b.entry.order;
    });
    group.body.append(...keyed.map(({ entry }) => entry.row));
  };
  const unmark = (group) => {
    for (const heading of group.element.querySelectorAll("th[aria-sort]")) heading.removeAttribute("aria-sort");
  };
  const sortAll = () => {
    const name = fields.sort.value;
    const descending = name === "savings" || name === "updated";
    for (const group of groups) {
      unmark(group);
      const heading = group.element.querySelector(`th[data-sort="${name}"]`);
      if (heading) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sorted(group, name, descending);
    }
  };
  for (const group of groups) {
    if (group.entries.length < 2) continue;
    for (const heading of group.element.querySelectorAll("th[data-sort]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const descending = heading.getAttribute("aria-sort") === "ascending";
        unmark(group);
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sorted(group, heading.dataset.sort, descending);
      });
    }
  }

  let timer = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.target === fields.sort) sortAll();
    timer = setTimeout(apply, event.target === fields.text ? 120 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    sortAll();
    apply();
    fields.text.focus();
  }));
  form.hidden = false;
  apply();
})();
