#!/bin/sh
# One peer of the measurements, WeasyPrint, needs the Pango libraries. Where they are missing they are installed if that takes
# no question (Debian, as root); else the measurement says what is missing.
set -eu
ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Pango for a peer of the measurements"
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 \
        >/dev/null 2>&1 || echo "Pango could not be installed; the measurement against WeasyPrint fails"
else
    echo "Pango is not installed; the measurement against WeasyPrint fails"
fi
exit 0
