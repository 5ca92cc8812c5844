/** A real browser for tests of the pages. */
import type { Browser, BrowserType, LaunchOptions } from "playwright-core";
import { editTest } from "./backend.ts";

/** The first is the same engine without a window: it starts with a quarter of the work. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** Lets Chromium run as root and in a container, and keeps it from calling home. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `CHROME_BIN`, else the system's Chromium, else the one from npm. Null if none runs. */
export async function launchBrowser(): Promise<Browser | null> {
  const driver = await loadDriver();
  if (driver === null) return null;
  for (const candidate of candidates()) {
    const browser = await tryToLaunch(driver, candidate);
    if (browser !== null) return browser;
  }
  return null;
}

/** Null outside the browser tests: their packages have a lock of their own, so that the system need not fetch them. */
async function loadDriver(): Promise<BrowserType | null> {
  try {
    return (await import("playwright-core")).chromium;
  } catch (error) {
    console.log(
      `The driver of the browser is missing (deno task test has it): ${String(error).split("\n")[0]}`,
    );
    return null;
  }
}

type Candidate = () => LaunchOptions | Promise<LaunchOptions>;

function candidates(): Candidate[] {
  const chosen = Deno.env.get("CHROME_BIN");
  const paths = chosen ? [chosen] : NAMES.map(onPath).filter((path) => path !== null);
  return [...paths.map((executablePath) => () => ({ executablePath, args: ARGS })), packaged];
}

/** Imported only when needed: it unpacks a browser. */
async function packaged(): Promise<LaunchOptions> {
  const { default: bundled } = await import("@sparticuz/chromium");
  return { executablePath: await bundled.executablePath(), args: [...new Set([...bundled.args, ...ARGS])] };
}

async function tryToLaunch(driver: BrowserType, candidate: Candidate): Promise<Browser | null> {
  try {
    return await driver.launch({ headless: true, timeout: 20_000, ...await candidate() });
  } catch (error) {
    console.log(`This browser does not run: ${String(error).split("\n")[0]}`);
    return null;
  }
}

function onPath(name: string): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * A test that needs a browser. If none runs, it is skipped with a conspicuous message; with `REQUIRE_BROWSER=1` it
 * fails instead.
 */
export function browserTest(name: string, scenario: Scenario): void {
  Deno.test(name, inBrowser(name, scenario));
}

/** The same for a scenario that edits the queue by hand. */
export function browserEditTest(name: string, scenario: Scenario): void {
  editTest(name, inBrowser(name, scenario));
}

type Scenario = (browser: Browser, t: Deno.TestContext) => Promise<void>;

function inBrowser(name: string, scenario: Scenario): (t: Deno.TestContext) => Promise<void> {
  return async (t) => {
    const browser = await launchBrowser();
    if (browser === null) return skipOrFail(name);
    try {
      await scenario(browser, t);
    } finally {
      await browser.close();
    }
  };
}

function skipOrFail(name: string): void {
  const sentence = "No browser runs here: install Chromium, or name one with CHROME_BIN.";
  if (Deno.env.get("REQUIRE_BROWSER") === "1") throw new Error(sentence);
  console.log(`\n  ***** SKIPPED: ${name}. ${sentence} *****\n`);
}
