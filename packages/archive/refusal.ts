/** Reasons for which an archive is not read, or not to its end. */
export type ArchiveFault =
	| "no_archive"
	| "bad_manifest"
	| "missing_part"
	| "cut_off"
	| "stray_file"
	| "other_size"
	| "too_large"
	| "incomplete"
	| "bad_albums";

/** Reports an archive that cannot be trusted or is not whole. The message is one sentence about it, in English. */
export class ArchiveRefused extends Error {
	override name = "ArchiveRefused";
	readonly fault: ArchiveFault;
	/** The file that it is about, for a program that speaks other languages. */
	readonly file: string;

	constructor(fault: ArchiveFault, file: string, message: string) {
		super(message);
		this.fault = fault;
		this.file = file;
	}
}
