#!/usr/bin/env bash
# Checks what deploys the product. Its tools are installed into .local/infra, apart from everything else; quick when done before.
# BICEP_CHECKER names an offline checker of resource types, used where it is set; pipelines have Bicep itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=.local/infra/venv
wanted="$(cat infra/requirements.txt infra/constraints.txt | cksum)"
if [[ ! -x $tools/bin/python || "$(cat .local/infra/installed 2>/dev/null)" != "$wanted" ]]; then
    echo "installing the tools that check infra/"
    mkdir -p .local/infra
    base=.venv/bin/python
    [[ -x $base ]] || base=python3
    "$base" -m venv --clear "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement infra/requirements.txt
    echo "$wanted" >.local/infra/installed
fi
PATH="$PWD/$tools/bin:$PATH"

failed=0
check() {
    local what="$1" output
    shift
    if output="$("$@" 2>&1)"; then
        echo "ok      $what"
    else
        echo "FAILED  $what"
        printf '%s\n' "$output"
        failed=1
    fi
}

if [[ -n "${BICEP_CHECKER:-}" ]]; then
    # Warnings count: nothing but the line with the numbers may be left.
    # shellcheck disable=SC2016
    check "templates: syntax, types, symbols" bash -c '
        python "$BICEP_CHECKER" infra | tee /dev/stderr | awk "END { exit !(NR == 1 && / 0 errors, 0 warnings$/) }"'
    # The offline checker has no types of Azure Lighthouse, so it is not asked about those; pipelines ask Bicep itself, and a test
    # reads what the two resources say. A module of the public registry would hide them from everybody, and customers would
    # have to fetch it.
    # shellcheck disable=SC2016
    check "customers: syntax, types, symbols" bash -c '
        python "$BICEP_CHECKER" docs/customer | tee /dev/stderr |
            grep -v "^docs/customer/lighthouse.bicep:.* error: unknown type Microsoft.ManagedServices/" |
            awk "END { exit !(NR == 1 && / files, .* 0 warnings$/) }"'
fi
# Every skip stands beside what it skips, with its reason. Nothing is asked of any server.
BC_SKIP_MAPPING=TRUE check "templates, images, workflows: security" checkov --directory . --quiet --compact --skip-download \
    --framework bicep dockerfile github_actions \
    --skip-path .local --skip-path .venv --skip-path out --skip-path infra/local
check "images" hadolint worker/Dockerfile infra/compose/Dockerfile
check "scripts: sh" shellcheck --severity=style infra/hooks/*.sh infra/compose/*.sh infra/local/*.sh infra/check.sh .ci/run
check "scripts: pwsh" python - infra/hooks/*.ps1 <<'PYTHON'
import sys

import tree_sitter
import tree_sitter_powershell

parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
wrong = [name for name in sys.argv[1:] if parser.parse(open(name, "rb").read()).root_node.has_error]
sys.exit(f"not PowerShell: {', '.join(wrong)}" if wrong else 0)
PYTHON
check "compose: schema" check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
check "workflows: schema" check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
check "updates: schema" check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
check "workflows: security" zizmor --offline --quiet .github
if command -v systemd-analyze >/dev/null; then
    # A copy whose programs exist, since those of an installation do not here; `systemd-analyze` reads everything else.
    units="$(mktemp -d)"
    trap 'rm -rf "$units"' EXIT
    for unit in infra/systemd/*.service; do
        sed -E -e 's#/opt/advisor-reports/\.venv/bin/[a-z]+#/bin/true#' -e 's#=/opt/advisor-reports$#=/#' "$unit" \
            >"$units/$(basename "$unit")"
    done
    check "units" systemd-analyze verify --man=no "$units"/advisor-reports-front.service "$units/advisor-reports-worker@.service"
fi
exit "$failed"
