// make web-build: builds the web app into packages/web/dist, and checks the weight of its first search.
import { main } from "#deployment/progress.ts";
import { buildWeb } from "./build-web.ts";

await main(async () => void (await buildWeb()));
