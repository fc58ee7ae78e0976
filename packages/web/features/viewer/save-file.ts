/** Saves what an address gives under a name: a link to another origin would open it instead. */
export async function saveFile(url: string, name: string): Promise<void> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`The storage answered ${response.status}: open the item again.`);
	const local = URL.createObjectURL(await response.blob());
	const link = document.createElement("a");
	link.href = local;
	link.download = name;
	link.click();
	// The browser has taken the bytes by then.
	setTimeout(() => URL.revokeObjectURL(local), 60_000);
}
