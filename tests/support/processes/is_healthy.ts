/** Whether the system at this address responds and is healthy. */
export async function isHealthy(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/healthz`);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
