const accepted = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"];

/** For the browser's file chooser. */
export const acceptedTypes = accepted.join(",");

/** Divides files into those that the API takes and the number of the others. */
export function pickable(files: readonly File[]): { images: File[]; others: number } {
	const images = files.filter(({ type }) => accepted.includes(type));
	return { images, others: files.length - images.length };
}

/** The files that were dropped, those in folders included. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
	// Entries must be taken before the first await: afterwards the transfer is empty.
	const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
	const files = [...transfer.files];
	if (entries.every((entry) => !entry?.isDirectory)) return files;
	const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
	return found.flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
	if (entry.isFile) {
		return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
	}
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	const found: File[] = [];
	// A reader gives a hundred entries at a time.
	for (;;) {
		const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
		if (entries.length === 0) return found;
		for (const each of entries) found.push(...(await filesOf(each)));
	}
}
