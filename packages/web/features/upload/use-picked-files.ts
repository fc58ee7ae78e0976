import { useEffect, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import { uploadQueue } from "./browser-queue.ts";
import { droppedFiles, pickable } from "./picked-files.ts";

/** Uploads images, and says how many other files were left out. */
export function usePickFiles(): (files: readonly File[]) => void {
	const { t } = useLanguage();
	return (files) => {
		const { images, others } = pickable(files);
		if (images.length > 0) void uploadQueue.add(images);
		if (others > 0) toast(t("upload.leftOut", { count: others }), { tone: "danger" });
	};
}

/** Takes files that are dropped anywhere on the page, or pasted. @returns true while files are dragged over it */
export function useDropAndPaste(): boolean {
	const pick = usePickFiles();
	const [isOver, setOver] = useState(false);
	useEffect(() => {
		const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
		const over = (event: DragEvent) => {
			if (!hasFiles(event)) return;
			event.preventDefault();
			setOver(true);
		};
		const leave = (event: DragEvent) => {
			if (event.relatedTarget === null) setOver(false);
		};
		const drop = (event: DragEvent) => {
			setOver(false);
			if (!hasFiles(event) || !event.dataTransfer) return;
			event.preventDefault();
			void droppedFiles(event.dataTransfer).then(pick);
		};
		const paste = (event: ClipboardEvent) => {
			const files = [...(event.clipboardData?.files ?? [])];
			if (files.length === 0) return;
			event.preventDefault();
			pick(files);
		};
		const off = new AbortController();
		window.addEventListener("dragover", over, { signal: off.signal });
		window.addEventListener("dragleave", leave, { signal: off.signal });
		window.addEventListener("drop", drop, { signal: off.signal });
		window.addEventListener("paste", paste, { signal: off.signal });
		return () => off.abort();
	}, [pick]);
	return isOver;
}
