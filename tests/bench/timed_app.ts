import type { App } from "@persistent-queue/ui";

/** Notes how long the app takes for each response, in milliseconds, by its address: `/?status=COMPLETED`. */
export function timedApp(app: App, took: Map<string, number[]>): App {
  return {
    ...{ routes: app.routes, close: () => app.close() },
    fetch: async (request, info) => {
      const { pathname, search } = new URL(request.url);
      const since = performance.now();
      const response = await app.fetch(request, info);
      const values = took.get(pathname + search) ?? [];
      took.set(pathname + search, values);
      values.push(performance.now() - since);
      return response;
    },
  };
}
