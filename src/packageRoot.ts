/** The package's own folder. Both the sources (src/) and what is compiled of them (lib/) are one folder below it. */
export const packageRoot = new URL("..", import.meta.url);
