// Repeats a draw in the browser from the public record alone: docs/raffles.md says what is computed.
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (raw) => Array.from(new Uint8Array(raw), (byte) => byte.toString(16).padStart(2, "0")).join("");
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
const text = (value) => new TextEncoder().encode(value);
const sha256 = async (raw) => new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
const canonical = (line) => JSON.stringify(Object.fromEntries(Object.keys(line).sort().map((key) => [key, line[key]])));

const rootOf = async (leaves) => {
  if (leaves.length < 2) return leaves[0] ?? sha256(new Uint8Array());
  const middle = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return sha256(joined([1], await rootOf(leaves.slice(0, middle)), await rootOf(leaves.slice(middle))));
};

// The top bits of a digest as a number; entries number far fewer than 2⁵³.
const top = (digest, bits) => {
  let value = 0n;
  for (const byte of digest) value = (value << 8n) | BigInt(byte);
  return Number(value >> BigInt(256 - bits));
};

const drawAgain = async (record, places) => {
  const { entries } = record.list;
  const count = entries.at(-1)?.last ?? 0;
  const holders = new Set(entries.map((entry) => entry.holder)).size;
  const seed = await crypto.subtle.importKey("raw", bytes(record.draw.seed), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mixed = joined(bytes(record.list.root), bytes(record.draw.randomness));
  const bits = count > 1 ? Math.ceil(Math.log2(count)) : 0;
  const chosen = [];
  const seen = new Set();
  for (let counter = 0n; chosen.length < Math.min(places, holders); counter += 1n) {
    const suffix = new Uint8Array(8);
    new DataView(suffix.buffer).setBigUint64(0, counter);
    const number = top(new Uint8Array(await crypto.subtle.sign("HMAC", seed, joined(mixed, suffix))), bits) + 1;
    const entry = number <= count && entries.find((found) => found.first <= number && number <= found.last);
    if (!entry || seen.has(entry.holder)) continue;
    seen.add(entry.holder);
    chosen.push(number);
  }
  return chosen;
};

const checks = async function* (record) {
  const { commitment, list, draw } = record;
  const rules = JSON.parse(commitment.rules);
  yield ["규칙이 처음 공개한 지문과 같아요", hex(await sha256(text(commitment.rules))) === commitment.rules_hash];
  yield ["비밀값이 처음 공개한 지문과 같아요", hex(await sha256(bytes(draw.seed))) === commitment.seed_hash];
  yield ["미리 정한 회차의 공개 난수를 썼어요", rules.public_value.round === record.public_value.round];
  yield ["난수가 그 회차의 서명에서 나왔어요", hex(await sha256(bytes(draw.signature))) === draw.randomness];
  const ends = [0, ...list.entries.map((entry) => entry.last)];
  yield ["응모 번호가 빠짐없이 이어져요", list.entries.every((entry, index) => entry.first === ends[index] + 1 && entry.last >= entry.first)];
  const leaves = await Promise.all(list.entries.map((entry) => sha256(joined([0], text(canonical(entry))))));
  yield ["응모 목록이 마감 때 공개한 지문과 같아요", hex(await rootOf(leaves)) === list.root];
  const places = rules.prizes.reduce((sum, prize) => sum + prize.quantity, 0) + rules.reserves;
  yield ["다시 뽑아도 같은 번호가 나와요", JSON.stringify(await drawAgain(record, places)) === JSON.stringify(draw.chosen)];
};

const section = document.querySelector("[data-record]");
if (section) {
  section.hidden = false;
  section.querySelector("[data-verify]").addEventListener("click", async (event) => {
    const results = section.querySelector("[data-results]");
    event.target.disabled = true;
    results.replaceChildren();
    const show = (sentence, holds) => {
      const line = document.createElement("li");
      line.className = holds ? "okmsg" : "err";
      line.dataset.holds = String(holds);
      line.textContent = `${holds ? "맞아요" : "달라요"} · ${sentence}`;
      results.append(line);
    };
    try {
      const answer = await fetch(section.dataset.record);
      if (!answer.ok) throw new Error(String(answer.status));
      for await (const [sentence, holds] of checks(await answer.json())) show(sentence, holds);
    } catch {
      show("기록을 내려받지 못했어요. 잠시 후 다시 눌러 주세요.", false);
    }
    event.target.disabled = false;
  });
}
