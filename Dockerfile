FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt pyproject.toml README.md ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
# The encoding that counts tokens is fetched now or never: a service that is asked for a grade must not wait
# for a download. A build without that network goes on, and counts are estimates.
# hadolint ignore=DL3064
ENV TIKTOKEN_CACHE_DIR=/app/tiktoken
RUN timeout 60 python -c "import tiktoken; tiktoken.get_encoding('o200k_base')" \
 || echo "o200k_base could not be fetched: tokens will be estimated" >&2
COPY service service
COPY redaction redaction
COPY prompts prompts
COPY evals evals
RUN pip install --no-cache-dir --no-build-isolation --no-deps . \
 && useradd --uid 10001 --create-home qalibrate \
 && install -d -o qalibrate /data
USER 10001
ENV QALIBRATE_DATABASE_URL=sqlite:////data/qalibrate.db OPENBLAS_NUM_THREADS=1
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["qalibrate", "serve", "--host", "0.0.0.0"]
