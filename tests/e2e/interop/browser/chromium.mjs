// Chromium, driven by playwright-core.

import { mkdir } from 'node:fs/promises';

import { chromium } from 'playwright-core';

const STEP_LIMIT = 20_000;
const OPTIONS = [
  // Root can't use the sandbox. The pages are those of the test.
  '--no-sandbox',
  // `/dev/shm` is small in containers.
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
];

/** Starts Chromium without a window. Screenshots go to the folder. */
export async function startBrowser(program, screenshots) {
  await mkdir(screenshots, { recursive: true });
  const browser = await chromium.launch({ executablePath: program, args: OPTIONS });
  return { browser, screenshots, shots: 0 };
}

/** Returns a page of a user who has visited nothing yet. */
export async function newPage(started) {
  const context = await started.browser.newContext({ viewport: { width: 1180, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_LIMIT);
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  const shoot = async (name) => {
    started.shots += 1;
    await page.screenshot({ fullPage: true, path: `${started.screenshots}/${started.shots}-${name}.png` });
  };
  return { page, problems, shoot, close: () => context.close() };
}

/** Presses the button of a step, and returns what it shows in the end: { state, text }. */
export async function press(page, id, button = `#${id} button`) {
  await page.click(button);
  return shownIn(page, id);
}

/** Waits until a step has ended. */
export async function shownIn(page, id) {
  const ended = ['done', 'rejected', 'failed'].map((state) => `#${id}[data-state="${state}"]`).join(', ');
  const step = page.locator(ended);
  await step.waitFor();
  return { state: await step.getAttribute('data-state'), text: await step.locator('pre').textContent() };
}
