FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt pyproject.toml README.md ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
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
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["qalibrate", "serve", "--host", "0.0.0.0"]
