// make web-dev: serves the web app with live reload, against the local cloud of make up.
import { createServer } from "vite";
import { readOutputs } from "#deployment/outputs.ts";
import { main } from "#deployment/progress.ts";
import { demoLogin } from "#tools/local/local-environment.ts";
import { webConfig } from "./web-config.ts";

await main(async () => {
	const port = Number(process.env.WEB_PORT || 3001);
	const config = webConfig(await readOutputs("local"), await demoLogin());
	const server = await createServer({
		configFile: "packages/web/vite.config.ts",
		server: { host: "127.0.0.1", port, strictPort: true },
		plugins: [
			{
				name: "config.json",
				configureServer({ middlewares }) {
					middlewares.use("/config.json", (_request, response) => {
						response.setHeader("content-type", "application/json");
						response.end(JSON.stringify(config));
					});
				},
			},
		],
	});
	await server.listen();
	console.log(`App http://127.0.0.1:${port}/`);
});
