#!/bin/sh
# The tests in tests/browser drive Chromium. Where it is missing it is installed if that takes no question (Debian, as root);
# else those tests are skipped and say so.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Chromium for the tests of HTML reports"
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null 2>&1 ||
        echo "Chromium could not be installed; the tests that need it are skipped"
else
    echo "Chromium is not on the PATH; the tests of HTML reports in a browser are skipped"
fi
exit 0
