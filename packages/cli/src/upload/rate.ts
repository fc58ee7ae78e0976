const barWidth = 20;
/** The rate is that of the recent past: a network changes. */
const windowMs = 20_000;

/** Counts files and bytes over time, and writes a line with bar, rate and time left. */
export class Rate {
	readonly #total: number;
	readonly #totalBytes: number;
	#done = 0;
	#bytes = 0;
	#recent: { at: number; bytes: number }[] = [];

	constructor(total: number, totalBytes: number) {
		this.#total = total;
		this.#totalBytes = totalBytes;
	}

	/** @param files how many ended with these bytes. @default 1 */
	add(bytes: number, files = 1, now = Date.now()): void {
		this.#done += files;
		this.#bytes += bytes;
		this.#recent.push({ at: now, bytes: this.#bytes });
		this.#recent = this.#recent.filter(({ at }) => at > now - windowMs);
	}

	line(): string {
		const share = this.#total === 0 ? 1 : this.#done / this.#total;
		const full = Math.round(share * barWidth);
		const first = this.#recent[0];
		const last = this.#recent.at(-1);
		const seconds = first && last ? (last.at - first.at) / 1_000 : 0;
		const perSecond = first && last && seconds > 0 ? (last.bytes - first.bytes) / seconds : 0;
		const left = perSecond > 0 ? duration((this.#totalBytes - this.#bytes) / perSecond) : "";
		const rate = perSecond > 0 ? `${(perSecond / 1e6).toFixed(1)} MB/s` : "";
		return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${this.#done}/${this.#total} ${rate} ${left && `${left} left`}`.trimEnd();
	}
}

function duration(seconds: number): string {
	if (seconds < 60) return `${Math.ceil(seconds)} s`;
	if (seconds < 3_600) return `${Math.ceil(seconds / 60)} min`;
	return `${(seconds / 3_600).toFixed(1)} h`;
}
