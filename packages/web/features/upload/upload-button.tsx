import { useRef } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, type ButtonLook } from "#web/ui/button.tsx";
import { acceptedTypes } from "./picked-files.ts";
import { usePickFiles } from "./use-picked-files.ts";

export function UploadButton({ look = "primary", wide }: { look?: ButtonLook; wide?: boolean }) {
	const { t } = useLanguage();
	const pick = usePickFiles();
	const input = useRef<HTMLInputElement>(null);
	return (
		<>
			<Button look={look} icon="upload" wide={wide} onPress={() => input.current?.click()}>
				{t("upload.action")}
			</Button>
			<input
				ref={input}
				type="file"
				hidden
				multiple
				accept={acceptedTypes}
				onChange={({ currentTarget }) => {
					pick([...(currentTarget.files ?? [])]);
					// The same file can be picked again.
					currentTarget.value = "";
				}}
			/>
		</>
	);
}
