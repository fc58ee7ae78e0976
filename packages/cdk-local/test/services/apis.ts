import { afterAll, afterEach } from "vitest";
import { startApis } from "../../testing/apis.ts";

export { type Apis, region, startApis } from "../../testing/apis.ts";

/** Serves the APIs for the tests of a file; each test starts at the present time. */
export async function useApis() {
	const apis = await startApis();
	afterEach(() => apis.resetClock());
	afterAll(() => apis.destroy());
	return apis;
}
