import type { Found } from "./fact.ts";

const hour = "[01]?\\d|2[0-4]";
/** The first that matches a place wins. */
const patterns = [
	// 8-12 Uhr
	`(?<![\\d.,:/-])(?<from>${hour})\\s?-\\s?(?<hour>${hour})\\s?uhr(?!\\p{L})`,
	`(?<![\\d.,:/])(?<hour>${hour})[.:](?<minute>[0-5]\\d)\\s?uhr(?!\\p{L})`,
	`(?<![\\d.,:/])(?<hour>${hour})[:h](?<minute>[0-5]\\d)(?::[0-5]\\d)?(?!\\d|[.,:]\\d)(?:\\s?(?<half>[ap])\\.?m\\b)?`,
	`(?<![\\d.,:/])(?<hour>1[0-2]|0?[1-9])\\s?(?<half>[ap])\\.?m(?![\\p{L}\\p{N}])`,
	`(?<![\\d.,:/])(?<hour>${hour})\\s?uhr(?!\\p{L})`,
	`(?<=(?<!\\p{L})(?:a|a partir de|vers|des|de|jusqu'a)\\s)(?<hour>${hour})\\s?h(?![\\p{L}\\p{N}])`,
	`(?<![\\d.,:])(?<hour>${hour})[時时点](?![間间])(?:(?<minute>[0-5]?\\d)分|(?<thirty>半))?`,
].map((pattern) => new RegExp(pattern, "gu"));

/** Finds times of day, each as `17:52`. */
export function findTimes(plain: string): Found[] {
	const found: Found[] = [];
	for (const pattern of patterns) {
		for (const match of plain.matchAll(pattern)) {
			const start = match.index;
			const end = start + match[0].length;
			if (found.some((each) => each.start < end && start < each.end)) continue;
			const { from, hour = "", minute, half, thirty } = match.groups ?? {};
			if (from !== undefined) found.push({ start, end, value: clock(Number(from), 0), unit: null });
			const shown = Number(hour);
			const onClock = half && shown <= 12 ? (shown % 12) + (half === "p" ? 12 : 0) : shown;
			found.push({ start, end, value: clock(onClock, thirty ? 30 : Number(minute ?? 0)), unit: null });
		}
	}
	return found.sort((a, b) => a.start - b.start);
}

const two = (value: number) => String(value).padStart(2, "0");
const clock = (hour: number, minute: number) => `${two(hour % 24)}:${two(minute)}`;
