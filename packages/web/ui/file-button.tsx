import { type ReactNode, useRef } from "react";
import { Button, type ButtonLook } from "./button.tsx";

interface FileButtonProps {
	/** The extensions or media types that the dialog offers, as an input's `accept`. */
	accept: string;
	onChoose(files: File[]): void;
	look?: ButtonLook;
	wide?: boolean;
	children: ReactNode;
}

/** Lets the person choose files of their device. */
export function FileButton({ accept, onChoose, look, wide, children }: FileButtonProps) {
	const input = useRef<HTMLInputElement>(null);
	return (
		<>
			<Button icon="upload" look={look} wide={wide} onPress={() => input.current?.click()}>
				{children}
			</Button>
			<input
				ref={input}
				type="file"
				hidden
				multiple
				accept={accept}
				onChange={({ currentTarget }) => {
					const files = [...(currentTarget.files ?? [])];
					// The same files can be chosen again.
					currentTarget.value = "";
					if (files.length > 0) onChoose(files);
				}}
			/>
		</>
	);
}
