interface Schedule {
	/** Logical id of the rule or schedule. */
	name: string;
	/** `rate(5 minutes)` or `cron(0 12 * * ? *)`. */
	expression: string;
	/** A rule may be turned off while the app runs. */
	isEnabled(): boolean;
	targetArn: string;
	deliver(at: Date): void;
}

/** Leaves time to apply migrations after the start. */
const firstRunMs = 30_000;

/** Runs the schedules of the templates, in UTC. */
export class Schedules {
	readonly #schedules: { schedule: Schedule; next: NextRun; at: Date }[] = [];
	readonly #log: (line: string) => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(log: (line: string) => void) {
		this.#log = log;
	}

	add(schedule: Schedule): void {
		const next = parseSchedule(schedule.expression);
		// EventBridge first runs a rate when it creates the rule.
		const at = schedule.expression.startsWith("rate(") ? new Date(Date.now() + firstRunMs) : next(new Date());
		this.#schedules.push({ schedule, next, at });
	}

	/** Runs due schedules every second; one that came due several times while the machine slept runs once. */
	start(): void {
		this.#timer = setInterval(() => this.runDue(new Date()), 1_000);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/** Runs every schedule that is due. */
	runDue(now: Date): void {
		for (const entry of this.#schedules) {
			if (!entry.schedule.isEnabled() || now < entry.at) continue;
			const due = entry.at;
			entry.at = entry.next(now);
			this.#deliver(entry.schedule, due);
		}
	}

	/** Runs the schedules of a target now. @returns how many */
	runNow(targetArn: string): number {
		const schedules = this.#schedules.filter(({ schedule }) => schedule.targetArn === targetArn);
		for (const { schedule } of schedules) this.#deliver(schedule, new Date());
		return schedules.length;
	}

	#deliver(schedule: Schedule, at: Date): void {
		try {
			schedule.deliver(at);
		} catch (error) {
			this.#log(`Schedule ${schedule.name}: ${error}`);
		}
	}
}

/** Returns the next run after a time. */
type NextRun = (after: Date) => Date;

const minute = 60_000;
const unitMilliseconds = {
	minute,
	hour: 60 * minute,
	day: 1_440 * minute,
} as const;

/** Parses an EventBridge schedule expression. @throws if it is invalid */
export function parseSchedule(expression: string): NextRun {
	const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
	if (count && unit) {
		const interval = Number(count) * unitMilliseconds[unit as keyof typeof unitMilliseconds];
		if (interval > 0) return (after) => new Date(after.getTime() + interval);
	}
	const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
	if (fields?.length === 6) return cron(fields, expression);
	throw new Error(
		`${expression} is not a schedule expression that cdk-local reads: use rate(5 minutes) or cron(minutes hours day-of-month month day-of-week year)`,
	);
}

const months = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const weekdays = "SUN MON TUE WED THU FRI SAT".split(" ");

function cron(fields: string[], expression: string): NextRun {
	const field = (index: number, low: number, high: number, names?: string[]) =>
		values(fields[index] as string, low, high, names ?? [], expression);
	const minutes = field(0, 0, 59);
	const hours = field(1, 0, 23);
	const days = field(2, 1, 31);
	const inMonths = field(3, 1, 12, months);
	const onWeekdays = field(4, 1, 7, weekdays);
	const years = field(5, 1970, 2199);
	return (after) => {
		const time = new Date(Math.floor(after.getTime() / minute) * minute);
		time.setTime(time.getTime() + minute);
		// Leap days recur within eight years.
		const end = time.getTime() + 9 * 366 * unitMilliseconds.day;
		while (time.getTime() < end) {
			const dayMatches =
				years.has(time.getUTCFullYear()) &&
				inMonths.has(time.getUTCMonth() + 1) &&
				days.has(time.getUTCDate()) &&
				onWeekdays.has(time.getUTCDay() + 1);
			if (!dayMatches) {
				time.setUTCHours(24, 0);
			} else if (!hours.has(time.getUTCHours())) {
				time.setUTCMinutes(60);
			} else if (!minutes.has(time.getUTCMinutes())) {
				time.setTime(time.getTime() + minute);
			} else return time;
		}
		throw new Error(`${expression} has no next run: no day matches it.`);
	};
}

function values(field: string, low: number, high: number, names: string[], expression: string): Set<number> {
	const numbered = (value: string) => {
		const name = names.indexOf(value.toUpperCase());
		const number = name >= 0 ? name + low : Number(value);
		if (!Number.isInteger(number) || number < low || number > high) {
			throw new Error(`${expression}: ${value} is not between ${low} and ${high} (cdk-local does not read L, W and #)`);
		}
		return number;
	};
	const result = new Set<number>();
	for (const part of field.split(",")) {
		const [range = "", step] = part.split("/");
		const [from = "", to] = range.split("-");
		const any = range === "*" || range === "?";
		const first = any ? low : numbered(from);
		const last = to !== undefined ? numbered(to) : any || step !== undefined ? high : first;
		for (let value = first; value <= last; value += Number(step ?? 1)) {
			result.add(value);
		}
	}
	return result;
}
