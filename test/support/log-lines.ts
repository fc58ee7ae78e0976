import { afterEach, beforeEach, vi } from "vitest";

/** Collects the lines that the log writes during a test, parsed; each test begins without any. */
// biome-ignore lint/suspicious/noExplicitAny: a line is what a test says it is
export function collectLogLines(): any[] {
	// biome-ignore lint/suspicious/noExplicitAny: as above
	const lines: any[] = [];
	beforeEach(() => {
		lines.length = 0;
		vi.spyOn(process.stdout, "write").mockImplementation((text) => {
			lines.push(JSON.parse(String(text)));
			return true;
		});
	});
	afterEach(() => {
		vi.restoreAllMocks();
	});
	return lines;
}
