// Repeats a draw in the browser from the public record alone: docs/raffles.md says what is computed.
// The chains that docs/verify_raffle.py believes: drand's quicknet, and the one of the sandbox, which is for practice.
const QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const KEYS = {
  [QUICKNET]:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  cac583138598200b62ac713a46a003190682fb1592f998437d3962f9ab63d936:
    "b5d9a4c9221a3a428afe306bb0a2c51d5c36e0569f66c1c221e3b14f13b75b37fc61d5f2c4ad2da5d3995290bb4833f2" +
    "16d4149d1fd3205b3a13b7f8552de6961c71097d34ba14194da4c87f3d0baca7fea53257210f688bc161a96cec897b7a",
};
const GENESIS = 1692803367;
const PERIOD_SECONDS = 3;

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

const entryOf = (entries, number) => entries.find((entry) => entry.first <= number && number <= entry.last)?.entry;

// The first ones have the prizes in their order; who waited has one that somebody let go; the rest waits.
const prizesFit = (prizes, winners) => {
  const freed = winners.filter((winner) => winner.state === "LAPSED").map((winner) => winner.prize);
  return winners.every((winner, index) => {
    if (index < prizes.length) return winner.state !== "RESERVE" && winner.prize === prizes[index];
    if (winner.state === "RESERVE") return winner.prize === "";
    const left = freed.indexOf(winner.prize);
    if (left < 0 || winners[index - 1].state === "RESERVE") return false;
    freed.splice(left, 1);
    return true;
  });
};

const checks = async function* (record) {
  const { commitment, list, draw } = record;
  const rules = JSON.parse(commitment.rules);
  yield ["규칙이 처음 공개한 지문과 같아요", hex(await sha256(text(commitment.rules))) === commitment.rules_hash];
  yield ["비밀값이 처음 공개한 지문과 같아요", hex(await sha256(bytes(draw.seed))) === commitment.seed_hash];
  const value = record.public_value;
  const promised = Object.entries(rules.public_value);
  yield ["미리 정한 회차의 공개 난수를 썼어요", promised.every(([key, wanted]) => value[key] === wanted)];
  const chain = value.chain_hash === QUICKNET ? "공개 난수가 drand의 것이에요" : "공개 난수가 연습용 체인의 것이에요. 실제 추첨이 아니에요";
  yield [chain, value.public_key !== undefined && KEYS[value.chain_hash] === value.public_key];
  const made = (GENESIS + (value.round - 1) * PERIOD_SECONDS) * 1000;
  yield ["공개 난수가 응모를 마감한 뒤에 나왔어요", made > Date.parse(rules.closes_at)];
  yield ["난수가 그 회차의 서명에서 나왔어요", hex(await sha256(bytes(draw.signature))) === draw.randomness];
  const ends = [0, ...list.entries.map((entry) => entry.last)];
  yield ["응모 번호가 빠짐없이 이어져요", list.entries.every((entry, index) => entry.first === ends[index] + 1 && entry.last >= entry.first)];
  const leaves = await Promise.all(list.entries.map((entry) => sha256(joined([0], text(canonical(entry))))));
  yield ["응모 목록이 마감 때 공개한 지문과 같아요", hex(await rootOf(leaves)) === list.root];
  const places = rules.prizes.reduce((sum, prize) => sum + prize.quantity, 0) + rules.reserves;
  const again = await drawAgain(record, places);
  yield ["다시 뽑아도 같은 번호가 나와요", JSON.stringify(again) === JSON.stringify(draw.chosen)];
  const wanted = again.map((number, index) => [index + 1, number, entryOf(list.entries, number)]);
  const told = record.winners.map((winner) => [winner.place, winner.number, winner.entry]);
  yield ["당첨자가 뽑힌 번호의 응모와 순서대로 같아요", JSON.stringify(told) === JSON.stringify(wanted)];
  const prizes = rules.prizes.flatMap((prize) => Array(prize.quantity).fill(prize.name));
  yield ["경품이 처음 약속한 것과 같아요", prizesFit(prizes, record.winners)];
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
