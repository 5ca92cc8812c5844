/** Single keys get in the way of those who speak to their machine: they can be switched off, and stay so. */
const NAME = "persistent-queue-keys";

let areOn = remembered() !== "off";

export function areKeysOn(): boolean {
  return areOn;
}

export function switchKeys(isOn: boolean): void {
  areOn = isOn;
  try {
    localStorage.setItem(NAME, isOn ? "on" : "off");
  } catch {
    // Where nothing may be stored the choice lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
