#!/bin/sh
# Everything that `azd up` does, with Azure's command line alone: for pipelines, and for those who do without azd.
#
#     infra/hooks/deploy.sh what-if     shows what would change
#     infra/hooks/deploy.sh provision   resources, then the database where it can be reached
#     infra/hooks/deploy.sh release     worker image, migration, workers, front
#     infra/hooks/deploy.sh all         both
#
# Fills in infra/main.parameters.json from variables, as azd does; docs/deploy.md explains each. Signed in already: az login.
set -eu

act="${1:-}"
case "$act" in what-if | provision | release | all) ;; *)
    echo "usage: $0 what-if|provision|release|all" >&2
    exit 64
    ;;
esac
for name in AZURE_ENV_NAME AZURE_LOCATION; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "error: $name is not set; docs/deploy.md says what it is" >&2
        exit 78
    fi
done

hooks="$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)"
cd "$hooks/../.."
deployment="advisor-reports-$AZURE_ENV_NAME"
python="${ADVISOR_PYTHON:-python3}"

image_of_workers() {
    # What runs now: provisioning must not take the image away. Nothing runs before the first release.
    found="$(az containerapp list --output tsv --query "[?tags.\"azd-env-name\"=='$AZURE_ENV_NAME' && \
tags.\"azd-service-name\"=='worker'].properties.template.containers[0].image | [0]")"
    case "$found" in None | */k8se/quickstart:*) found= ;; esac
    printf %s "$found"
}

template() {
    # what-if or create, with the same parameters as azd gives
    image="$(image_of_workers)"
    parameters="$(mktemp)"
    trap 'rm -f "$parameters"' EXIT
    SERVICE_WORKER_IMAGE_NAME="$image" "$python" infra/parameters.py >"$parameters"
    az deployment sub "$1" --name "$deployment" --location "$AZURE_LOCATION" --template-file infra/main.bicep \
        --parameters "@$parameters" --output "${2:-none}"
}

take_outputs() {
    # As azd does: each output of the templates becomes a variable.
    outputs="$(az deployment sub show --name "$deployment" --query properties.outputs --output json)"
    variables="$(printf %s "$outputs" | "$python" -c '
import json, shlex, sys
for name, output in json.load(sys.stdin).items():
    value = output["value"]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    print(f"export {name}={shlex.quote(text)}")')"
    eval "$variables"
}

provision() {
    template create
    take_outputs
    # Not with a Python that was only given to read parameters with.
    env -u ADVISOR_PYTHON "$hooks/postprovision.sh"
}

release() {
    take_outputs
    tag="$(git rev-parse --short=12 HEAD)"
    registry="${AZURE_CONTAINER_REGISTRY_ENDPOINT%%.*}"
    az acr build --registry "$registry" --image "worker:$tag" --file worker/Dockerfile . --output none
    digest="$(az acr manifest show-metadata --registry "$registry" --name "worker:$tag" --query digest --output tsv)"
    image="$AZURE_CONTAINER_REGISTRY_ENDPOINT/worker@$digest"
    # The migration and the role reports, then the role interactive, then the front: each runs beside the release before.
    "$hooks/postdeploy.sh" "$image"
    az containerapp update --resource-group "$AZURE_RESOURCE_GROUP" --name "$INTERACTIVE_WORKER_NAME" \
        --image "$image" --output none
    "$python" infra/package_front.py out/front.zip
    az functionapp deployment source config-zip --resource-group "$AZURE_RESOURCE_GROUP" --name "$FUNCTION_APP_NAME" \
        --src out/front.zip --build-remote true --output none
    echo "released $tag: $API_URL"
}

case "$act" in
what-if) template what-if table ;;
provision) provision ;;
release) release ;;
all)
    provision
    release
    ;;
esac
