import { readFile } from "node:fs/promises";
import { once } from "#core/once.ts";

/** The page to read and try the API. Scripts and styles are files of their own, so that nothing inline runs. */
export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Collections API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<noscript>The document itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** Swagger UI sets style attributes, hence the one 'unsafe-inline'; it draws its icons from data URLs. */
export const docsPolicy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data:",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
].join("; ");

const start = `SwaggerUIBundle({
	url: "openapi.json",
	dom_id: "#api",
	deepLinking: true,
	tryItOutEnabled: true,
	validatorUrl: null,
});
`;

/** The files of the page by name; no other is served. */
export const docsAssets: Record<string, { contentType: string; read: () => Promise<string> }> = {
	"start.js": {
		contentType: "text/javascript; charset=utf-8",
		read: async () => start,
	},
	"swagger-ui-bundle.js": {
		contentType: "text/javascript; charset=utf-8",
		read: once(() => readAsset("swagger-ui-bundle.js")),
	},
	"swagger-ui.css": {
		contentType: "text/css; charset=utf-8",
		read: once(() => readAsset("swagger-ui.css")),
	},
};

/** In a bundle the files lie in `docs/` beside the entry; from the sources they are the package's own. */
async function readAsset(name: string): Promise<string> {
	const bundled = new URL(`./docs/${name}`, import.meta.url);
	const installed = new URL(`../../../node_modules/swagger-ui-dist/${name}`, import.meta.url);
	try {
		return await readFile(bundled, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		return readFile(installed, "utf8");
	}
}
