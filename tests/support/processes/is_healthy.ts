/** Whether the system at this address responds and is healthy. */
export async function isHealthy(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/healthz`);
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
