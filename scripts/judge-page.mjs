// Looks at the status page in Chromium: axe-core has no finding, nothing is wider than the window, everything is reached
// by keyboard, all is there without JavaScript, nothing is fetched but the page itself, and focus stays while it refreshes.
// usage: node scripts/judge-page.mjs URL [DIRECTORY]; with a directory it leaves pictures there.
// PAGE_JUDGE_DIR has node_modules with puppeteer-core and axe-core, CHROMIUM_EXE names the browser.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [url, pictures] = process.argv.slice(2);
const modules = createRequire(join(process.env.PAGE_JUDGE_DIR ?? process.cwd(), "package.json"));
const { default: puppeteer } = await import(modules.resolve("puppeteer-core"));
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [360, 800, 1440];
const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);
if (pictures) mkdirSync(pictures, { recursive: true });

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM_EXE ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function open(width, scheme, script) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setJavaScriptEnabled(script);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) fault(`${width} ${scheme}`, message.text());
  });
  page.on("pageerror", (error) => fault(`${width} ${scheme}`, String(error)));
  await page.goto(url, { waitUntil: "load" });
  return { page, asked };
}

async function findings(page) {
  // The policy of the page forbids foreign scripts; axe is put in by the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map((found) => `${found.id}: ${found.help} (${found.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")})`);
}

const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
const text = () => document.querySelector("main").innerText.replace(/\d+/g, "").replace(/\s+/g, " ");

for (const width of WIDTHS) {
  for (const scheme of ["light", "dark"]) {
    const where = `${width} px, ${scheme}`;
    const { page, asked } = await open(width, scheme, true);
    for (const found of await findings(page)) fault(where, found);
    const wide = await page.evaluate(overflow);
    if (wide > 0) fault(where, `wider than the window by ${wide} px`);
    const others = asked.filter((asked) => asked !== url && !asked.startsWith("data:"));
    if (others.length > 0) fault(where, `fetches ${others.join(", ")}`);
    if (pictures) await page.screenshot({ path: join(pictures, `${width}-${scheme}.png`), fullPage: true });
    await page.close();
  }
}

{
  const { page } = await open(1440, "light", false);
  const wide = await page.evaluate(overflow);
  if (wide > 0) fault("without JavaScript", `wider than the window by ${wide} px`);
  if (pictures) await page.screenshot({ path: join(pictures, "without-javascript.png"), fullPage: true });
  const still = (await page.evaluate(text)).length;
  const live = await open(1440, "light", true);
  const moving = (await live.page.evaluate(text)).length;
  if (Math.abs(still - moving) > moving / 5) fault("without JavaScript", `${still} letters instead of ${moving}`);
  await page.close();
  await live.page.close();
}

{
  // By keyboard: the link past the header, the button, the tables; what has focus keeps it over refreshes.
  const { page, asked } = await open(800, "light", true);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  if (!first.startsWith("Skip")) fault("keyboard", `the first stop is ${first}`);
  await page.keyboard.press("Tab");
  if ((await page.evaluate(() => document.activeElement.id)) !== "pause") fault("keyboard", "the second stop is not Pause");
  await page.keyboard.press("Tab");
  const stop = await page.evaluate(() => {
    const at = document.activeElement;
    at.dataset.stop = "here";
    return at.getAttribute("aria-label");
  });
  // What is looked at stays where it is, whatever grows above it.
  const place = () => Math.round(document.activeElement.getBoundingClientRect().top);
  const before = await page.evaluate(place);
  const loads = () => asked.filter((asked) => asked === url).length;
  const seen = loads();
  for (let waited = 0; loads() < seen + 3 && waited < 20; waited++) await new Promise((done) => setTimeout(done, 500));
  if (loads() < seen + 3) fault("refresh", "it does not fetch itself");
  const now = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  if (stop !== now) fault("refresh", `focus moved from ${stop} to ${now}`);
  const after = await page.evaluate(place);
  if (Math.abs(after - before) > 4) fault("refresh", `what is looked at moved from ${before} to ${after}`);
  await page.evaluate(() => document.getElementById("pause").focus());
  await page.keyboard.press("Enter");
  await new Promise((done) => setTimeout(done, 300));
  const paused = loads();
  await new Promise((done) => setTimeout(done, 4500));
  if (loads() !== paused) fault("pause", "it goes on");
  await page.close();
}

await browser.close();
for (const line of faults) console.error(line);
console.log(faults.length === 0 ? "the page has no fault" : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
