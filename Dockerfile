# An image with the command `audit`, on a CPU, run by nobody in particular.
#   docker build -t fairaudit .
#   docker run --rm -v "$PWD:/home/auditor/audit" fairaudit run audit.yaml
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY audit audit
COPY docs/schemas docs/schemas
COPY reports/templates reports/templates
# torch first and from its own index: any other request would fetch the build for GPUs.
RUN python -m venv /opt/fairaudit \
 && /opt/fairaudit/bin/pip install --no-cache-dir -c constraints.txt \
    --index-url https://download.pytorch.org/whl/cpu torch \
 && /opt/fairaudit/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/fairaudit /opt/fairaudit
ENV PATH=/opt/fairaudit/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_DISABLE_TELEMETRY=1
RUN useradd --create-home --uid 10001 auditor
USER 10001
WORKDIR /home/auditor/audit
ENTRYPOINT ["audit"]
CMD ["--help"]
