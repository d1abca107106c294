#!/bin/sh
# Makes sure that NGINX is there, for `make demo`. It says what it will install before it does, and a
# refusal is no failure: the demo then runs its direct lane alone and says so in its record.
set -u

for nginx in nginx /usr/sbin/nginx /usr/local/sbin/nginx /usr/local/nginx/sbin/nginx; do
	command -v "$nginx" >/dev/null 2>&1 && exit 0
done

alone() {
	echo "NGINX: $1. The demo goes on with the direct lane alone."
	exit 0
}

if [ "${WEIR_NO_INSTALL:-}" = 1 ]; then
	alone "not installed, and WEIR_NO_INSTALL=1 forbids installing it"
fi

if command -v apt-get >/dev/null 2>&1; then
	install='apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nginx'
elif command -v dnf >/dev/null 2>&1; then
	install='dnf install -y -q nginx'
elif command -v apk >/dev/null 2>&1; then
	install='apk add nginx'
else
	alone "not installed, and there is none of apt-get, dnf and apk to install it with"
fi

as=''
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || alone "not installed, and installing it needs root or sudo"
	as='sudo '
fi
echo "NGINX is not installed. Installing it with: ${as}sh -c '$install'"
echo "(On some distributions this also starts their default site on port 80. WEIR_NO_INSTALL=1 goes without.)"
${as}sh -c "$install" || alone "the installation failed or was refused"
