const key = "collections.export";

/** The job of the export that was started last in this browser. */
export const keptExport = {
	read: (): string | null => localStorage.getItem(key),
	write: (jobId: string): void => localStorage.setItem(key, jobId),
	forget: (): void => localStorage.removeItem(key),
};
