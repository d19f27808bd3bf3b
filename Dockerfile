# The portal in one image: web, worker, beat and migrations differ in their command only (docker-compose.yml).
FROM python:3.13-slim-trixie AS packages

COPY requirements.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt


FROM python:3.13-slim-trixie

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /portal
COPY . .
# Settings are checked before anything runs; what stands here is for this step alone and is not kept.
RUN KEY=$(printf '%064d' 0) \
    && export SITE_URL=https://build.invalid EMAIL_URL=smtp://build.invalid DATABASE_URL=postgres://build.invalid/portal \
              REDIS_URL=redis://build.invalid SECRET_KEY="$KEY" LINK_KEY="$KEY" \
    && python manage.py compile_catalogues \
    && python manage.py collectstatic --noinput --verbosity=0
# A new volume takes over owner and mode of the folder it is mounted on.
RUN install -d -o 10001 -m 0700 /files
# The files stay root's: the portal can read its code and change none of it.
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "portal.health"]
CMD ["gunicorn", "-c", "python:portal.gunicorn", "-b", "0.0.0.0:8000", "portal.wsgi"]
