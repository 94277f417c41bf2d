# docker build --tag mangosaurus .            docs/hosting/container.md explains the rest
ARG BASE=python:3.13-slim-trixie

# hadolint ignore=DL3006
FROM ${BASE} AS packages
# requirements-train.txt also installs what /retrain sonnets needs (about 1.5 GB), and
# requirements-cluster.txt what INFERENCE needs.
ARG REQUIREMENTS=requirements.txt
WORKDIR /build
COPY requirements.txt requirements-train.txt requirements-sentry.txt requirements-slack.txt requirements-cluster.txt ./
RUN python -m venv /opt/mangosaurus \
    && /opt/mangosaurus/bin/python -m pip install --no-cache-dir --require-hashes --requirement "${REQUIREMENTS}" \
    && /opt/mangosaurus/bin/python -m pip install --no-cache-dir --require-hashes --requirement requirements-sentry.txt \
    && /opt/mangosaurus/bin/python -m pip install --no-cache-dir --require-hashes --requirement requirements-slack.txt

# hadolint ignore=DL3006
FROM ${BASE}
RUN groupadd --system --gid 10001 mangosaurus \
    && useradd --system --uid 10001 --gid mangosaurus --home-dir /state --shell /usr/sbin/nologin mangosaurus \
    && install --directory --owner mangosaurus --group mangosaurus --mode 0700 /state
COPY --from=packages /opt/mangosaurus /opt/mangosaurus
WORKDIR /app
COPY LICENSE pyproject.toml requirements.txt ./
COPY data data
COPY models models
COPY bot bot
COPY simulators simulators
# Compiled now, since the file system may be read-only when the bot runs.
RUN /opt/mangosaurus/bin/python -m compileall -q bot models data simulators
ENV PATH=/opt/mangosaurus/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIR=/state \
    METRICS_PORT=9100
USER 10001:10001
VOLUME /state
# The bot loads its networks in the first seconds.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "bot", "healthcheck"]
ENTRYPOINT ["python", "-m", "bot"]
