import { FileTrigger } from "react-aria-components";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, type ButtonLook } from "#web/ui/button.tsx";
import { acceptedTypes } from "./picked-files.ts";
import { usePickFiles } from "./use-picked-files.ts";

export function UploadButton({ look = "primary", wide }: { look?: ButtonLook; wide?: boolean }) {
	const { t } = useLanguage();
	const pick = usePickFiles();
	return (
		<FileTrigger
			allowsMultiple
			acceptedFileTypes={acceptedTypes.split(",")}
			onSelect={(files) => pick([...(files ?? [])])}
		>
			<Button look={look} icon="upload" wide={wide}>
				{t("upload.action")}
			</Button>
		</FileTrigger>
	);
}
