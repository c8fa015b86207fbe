# syntax=docker/dockerfile:1
# Three stages: the styles (Node), the locked Python libraries, and a small image that has neither compiler nor Node and runs as nobody special.

FROM node:22-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run --silent build

FROM python:3.12-slim-bookworm AS libraries
RUN python -m venv /venv
COPY requirements/base.lock /tmp/base.lock
RUN /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r /tmp/base.lock

FROM python:3.12-slim-bookworm AS runtime
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENVIRONMENT=production PORT=8000
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin boost
WORKDIR /app
COPY --from=libraries /venv /venv
COPY . .
COPY --from=assets /app/static/dist static/dist
# The key serves this one command and does not stay in the image; the real ones come from the environment.
RUN mkdir -p var/media var/secrets \
 && SECRET_KEY=only-while-this-image-is-built python manage.py collectstatic --noinput \
 && chown -R boost var
USER boost
EXPOSE 8000
# 127.0.0.1 belongs into ALLOWED_HOSTS for this; the header is what the TLS proxy would say, else production answers with a redirect.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/healthz', headers={'X-Forwarded-Proto': 'https'}), timeout=2)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "config.wsgi:application"]
