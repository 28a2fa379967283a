# For those who host Functions themselves: on Container Apps, Kubernetes, or a machine of their own.
# docs/container.md says which settings it needs.
#
#   docker build --build-arg SIGN_IN=keys -t rotunda .
ARG SIGN_IN=keys

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG SIGN_IN
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go run ./internal/stage/dist -o /app -os linux -arch amd64 -sign-in "$SIGN_IN"

# Microsoft's image for custom handlers: the Functions host, which starts the handler as host.json says.
FROM --platform=linux/amd64 mcr.microsoft.com/azure-functions/base:4
ARG SIGN_IN
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=custom \
    SIGN_IN=$SIGN_IN
COPY --from=build /app /home/site/wwwroot
