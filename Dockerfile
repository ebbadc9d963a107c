# Signalbox in a container: Node.js, the hub, its embedded PostgreSQL and the few libraries they need; no package
# manager. It runs as any user of group 0 but root, with a read-only root file system; all it writes is in /data.
#   docker build -t signalbox .
#   docker run -p 127.0.0.1:4000:4000 -e SIGNALBOX_PUBLIC_URL=http://localhost:4000 -v signalbox:/data signalbox

ARG NODE_IMAGE=node:24-bookworm-slim

# hadolint ignore=DL3006
FROM ${NODE_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# The versions are those of the image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates binutils
WORKDIR /build
COPY . .
# What `npm pack` would publish, beside the dependencies of the lock file.
RUN npm ci --no-audit --no-fund \
  && npm pack --ignore-scripts \
  && npm prune --omit=dev --no-audit --no-fund \
  && mkdir /app \
  && tar -xzf signalbox-*.tgz -C /app --strip-components=1 \
  && mv node_modules /app/ && find /app/node_modules -type d -empty -delete \
  && find /app/node_modules -name '*.a' -delete

# The root file system of the image, with what scanners ask for: the packages, their licences and the release. The data directory is locked by flock. initdb calls /bin/sh, and asks for the name of
# its user, which nss_wrapper has.
WORKDIR /debs
# hadolint ignore=DL3003
RUN apt-get download libc6 libgcc-s1 libstdc++6 zlib1g dash tini libnss-wrapper \
  && mkdir -p /image/bin /image/data /image/etc/ssl/certs /image/tmp /image/usr/local/bin /image/var/lib/dpkg/status.d \
  && for deb in *.deb; do \
    dpkg-deb --extract "$deb" /image; \
    dpkg-deb --field "$deb" > "/image/var/lib/dpkg/status.d/${deb%%_*}"; \
  done \
  && cp /etc/os-release /image/etc/ \
  && ln -sf dash /image/bin/sh \
  && cp /usr/bin/flock /image/usr/bin/ \
  && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
  && cp "$(node -p process.execPath)" /image/usr/local/bin/node \
  && strip /image/usr/local/bin/node \
  && printf 'root:x:0:0::/:/bin/sh\nsignalbox:x:10001:0::/data:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > /image/etc/passwd \
  && printf 'root:x:0:\nnogroup:x:65534:\n' > /image/etc/group \
  && find /image/usr/share/doc -type f ! -name copyright -delete \
  && rm -rf /image/usr/share/man /image/usr/share/lintian /image/usr/lib/*/gconv \
  && chown 10001:0 /image/data && chmod 0770 /image/data && chmod 1777 /image/tmp \
  && mv /app /image/app

FROM scratch
COPY --from=build /image /
ENV NODE_ENV=production HOME=/data PATH=/usr/local/bin:/usr/bin:/bin HOST=0.0.0.0 SIGNALBOX_DATA=/data
USER 10001:0
WORKDIR /data
VOLUME /data
EXPOSE 4000
# Ready: the database is reached and migrated.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As PID 1, tini passes signals on and takes the exit codes of processes that nobody waits for.
ENTRYPOINT ["tini", "--", "node", "/app/bin/signalbox.cjs"]
CMD ["start"]
# The hub ends what is in flight within 30 seconds.
STOPSIGNAL SIGTERM
