import { expect, test } from "vitest";
import { byDay } from "#web/features/settings/usage-days.ts";
import { factText } from "#web/features/viewer/fact-text.ts";

const call = { provider: "anthropic", input_tokens: 1, output_tokens: 1, unpriced_calls: 0 };

test("models of a day are one bar, and a day without a call has an empty one", () => {
	const days = byDay({
		from: "2026-02-27",
		to: "2026-03-01",
		days: [
			{ ...call, day: "2026-03-01", model: "a", calls: 2, cost_usd: 0.5 },
			{ ...call, day: "2026-03-01", model: "b", calls: 1, cost_usd: 0.25 },
		],
	});
	expect(days).toEqual([
		{ day: "2026-02-27", calls: 0 },
		{ day: "2026-02-28", calls: 0 },
		{ day: "2026-03-01", calls: 3 },
	]);
});

test("a fact's day is written as the language does, in every zone the same; any other value stays", () => {
	expect(factText("2026-03-01", "en-GB")).toBe("1 Mar 2026");
	expect(factText("2026-03-01", "de")).toBe("01.03.2026");
	expect(factText("--02-29", "en-GB")).toBe("29 February");
	expect(factText("2026-02-31x", "de")).toBe("2026-02-31x");
	expect(factText("12,50", "en-GB")).toBe("12,50");
});
