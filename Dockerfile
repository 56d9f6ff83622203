# syntax=docker/dockerfile:1
# berth in a container: `docker build -t berth .`, then
# `docker run -p 7700:7700 -v berth:/var/lib/berth berth` with the settings of deploy/config.md as -e BERTH_...
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
# The user of the base image; its id is written out so that Kubernetes' runAsNonRoot can see that it is not root.
RUN install -d -o 1000 -g 1000 -m 0700 /var/lib/berth
WORKDIR /opt/berth
COPY --from=packages /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY package.json LICENSE ./
COPY proto proto
COPY deploy/classes deploy/classes
USER 1000:1000
ENV NODE_ENV=production \
    BERTH_DATA_DIR=/var/lib/berth
VOLUME /var/lib/berth
# gRPC, and health with metrics. Both listen on loopback until BERTH_LISTEN and BERTH_HTTP_LISTEN say otherwise, which
# needs TLS or tokens (see README).
EXPOSE 7700 7701
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
