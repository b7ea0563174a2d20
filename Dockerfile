# syntax=docker/dockerfile:1
# The hub as an image: built in one stage, its libraries fetched in another, run in a third that has neither compiler
# nor npm cache, as a user without rights, on a file system it need not write to.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="ocpi-hub" \
      org.opencontainers.image.description="OCPI roaming hub" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
# New volumes take over owner and mode of the directory they are mounted on.
RUN install -d -o 65532 -g 65532 -m 0750 /secrets && install -d -o 65532 -g 65532 -m 0700 /var/lib/ocpi-hub
COPY --from=libraries /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ERRORS.md ./
COPY config ./config
COPY config/docker/hub.yaml /etc/ocpi-hub/hub.yaml
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "dist/cli/main.js", "healthcheck"]
# Not npm: it would keep the signals to itself.
ENTRYPOINT ["node", "--enable-source-maps", "dist/cli/main.js"]
CMD ["serve"]
