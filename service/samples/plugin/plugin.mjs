// A CRM plugin in small: hand a conversation in, wait for the result, take webhooks and trust only signed ones.
//
// Needs Node 20 and no package. Run it: `node plugin.mjs conversation.json`. Settings are in README.md beside it.
// Take `Qalibrate`, `eventIn` and `receiver` into a plugin of your own.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";

const FINAL = ["completed", "failed", "cancelled"];
const ASK_AGAIN_S = 2;
const LONGEST_PAUSE_S = 60;
const TOLERANCE_S = 300;
const LARGEST_WEBHOOK = 64_000_000;
const USAGE = "usage: QALIBRATE_URL=http://127.0.0.1:8000 QALIBRATE_KEY=... node plugin.mjs conversation.json";

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** The service says no, and saying the same again would not help. */
export class Refused extends Error {
  constructor(status, detail) {
    super(`${status}: ${detail}`);
    this.status = status;
  }
}

/** This webhook was not signed with our secret, or is a replay of an old one. */
export class NotGenuine extends Error {}

/** The two calls that a plugin needs, which survive a service that is busy, restarting or out of reach. */
export class Qalibrate {
  constructor(url, key, patienceS = 600) {
    Object.assign(this, { url: url.replace(/\/+$/, ""), key, patienceS });
  }

  /**
   * Hand in `{conversation, callback_url?}` and return the evaluation, perhaps finished.
   *
   * The idempotency key is a name of yours for this very request, such as the id of the call in the CRM. With it
   * trying again is safe: whatever got lost on the way, the conversation is graded once.
   */
  submit(request, idempotencyKey, waitS = 20) {
    const headers = { "Idempotency-Key": idempotencyKey, Prefer: `wait=${waitS}` };
    return this.#call("POST", "/v1/evaluations", headers, request);
  }

  /** Ask for an evaluation until it is final, and return it. */
  async wait(evaluation) {
    const deadline = Date.now() + this.patienceS * 1000;
    while (!FINAL.includes(evaluation.status)) {
      if (Date.now() > deadline) throw new Error(`evaluation ${evaluation.id} is still ${evaluation.status}`);
      await sleep(ASK_AGAIN_S);
      evaluation = await this.#call("GET", `/v1/evaluations/${evaluation.id}`, {});
    }
    return evaluation;
  }

  // Try until there is an answer. 429 and 5xx mean later, and so does no answer at all.
  async #call(method, path, headers, body) {
    const deadline = Date.now() + this.patienceS * 1000;
    for (let pauseS = 1; ; pauseS = Math.min(2 * pauseS, LONGEST_PAUSE_S)) {
      const answer = await this.#try(method, path, headers, body);
      if (answer?.ok) return answer.json();
      if (answer && answer.status !== 429 && answer.status < 500) {
        throw new Refused(answer.status, await problemIn(answer));
      }
      const asked = answer?.headers.get("Retry-After") ?? "";
      await answer?.body?.cancel();
      const waitS = Math.min(/^\d+$/.test(asked) ? Number(asked) : pauseS, LONGEST_PAUSE_S);
      if (Date.now() + waitS * 1000 > deadline) {
        throw new Error(`${method} ${path} had no answer for ${this.patienceS} s`);
      }
      await sleep(waitS);
    }
  }

  // Nothing comes back when nobody knows whether it arrived: refused, reset or timed out.
  async #try(method, path, headers, body) {
    const all = { Authorization: `Bearer ${this.key}`, "Content-Type": "application/json", ...headers };
    // Longer than any `Prefer: wait`, which may take a minute.
    const signal = AbortSignal.timeout(90_000);
    try {
      return await fetch(this.url + path, { method, headers: all, signal, body: body && JSON.stringify(body) });
    } catch {
      return undefined;
    }
  }
}

/** What a problem document says, with every bad field. */
async function problemIn(answer) {
  try {
    const problem = await answer.json();
    const fields = (problem.errors ?? []).map((one) => `${one.pointer}: ${one.detail}`);
    return fields.join("; ") || problem.detail;
  } catch {
    return answer.statusText;
  }
}

/**
 * Return the event in a webhook once it is certain that our service sent these very bytes just now:
 * `{type: "evaluation.completed", timestamp, data: {the evaluation}}`. Throws NotGenuine.
 *
 * As Standard Webhooks has it: the signature is an HMAC-SHA256 of `id.timestamp.body` under the bytes that the
 * secret is after `whsec_`. While a secret is being rotated there are two signatures, and one that fits is enough.
 */
export function eventIn(secret, headers, body, nowS = Date.now() / 1000) {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((one) => headers[`webhook-${one}`]);
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? "")) throw new NotGenuine("a header is missing");
  if (Math.abs(nowS - Number(timestamp)) > TOLERANCE_S) throw new NotGenuine("it is too old, or from the future");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (key.length === 0) throw new Error("the secret is empty");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  const fits = signatures.split(" ").some((one) => {
    const [version, signature] = one.split(",", 2);
    const given = Buffer.from(signature ?? "", "base64");
    // Compared in constant time: how long it takes must not tell how much of a guess was right.
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!fits) throw new NotGenuine("no signature fits");
  return JSON.parse(body.toString("utf8"));
}

/** A server that takes webhooks and calls `take(event)` once for each: a retry has the `webhook-id` of the first. */
export function receiver(secret, take) {
  // In a real plugin this is a table with a unique key, which outlives the process.
  const seen = new Set();
  return createServer(async (request, response) => {
    try {
      // The signature is of the bytes as they came; JSON that was read and written again is other bytes.
      const event = eventIn(secret, request.headers, await bodyOf(request));
      const id = request.headers["webhook-id"];
      if (!seen.has(id)) {
        seen.add(id);
        take(event);
      }
      // At once: 2xx is "I have it", anything else makes the service try again later.
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(error instanceof NotGenuine ? 401 : 500).end();
    }
  });
}

async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > LARGEST_WEBHOOK) throw new NotGenuine("it is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function main() {
  const { QALIBRATE_URL: url, QALIBRATE_KEY: key } = process.env;
  if (process.argv.length !== 3 || !url || !key) {
    console.error(USAGE);
    process.exit(2);
  }
  try {
    await handIn(process.argv[2], new Qalibrate(url, key));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}

async function handIn(file, service) {
  const request = { conversation: JSON.parse(await readFile(file, "utf8")) };
  const secret = process.env.QALIBRATE_WEBHOOK_SECRET;
  let told;
  let server;
  if (secret) {
    told = new Promise((done) => {
      // `review.required` may come before it.
      server = receiver(secret, (event) => event.type.startsWith("evaluation.") && done(event));
    });
    await new Promise((ready) => server.listen(Number(process.env.PLUGIN_PORT ?? 0), "127.0.0.1", ready));
    request.callback_url = process.env.PLUGIN_URL ?? `http://127.0.0.1:${server.address().port}/`;
  }
  const accepted = await service.submit(request, `plugin-${basename(file, extname(file))}`);
  const { id, status, score } = await service.wait(accepted);
  console.log(JSON.stringify({ evaluation: { id, status, score } }));
  if (secret) {
    const event = await told;
    console.log(JSON.stringify({ webhook: { type: event.type, evaluation: event.data.id } }));
    server.close();
    server.closeAllConnections();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
