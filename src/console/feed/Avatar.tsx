import { isCarried } from "../ui/layout/Picture.tsx";
import "./Avatar.css";

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const firstOf = (text: string): string => [...letters.segment(text)][0]?.segment ?? "";

/** An event's avatar: its emoji, its image, or the first letter of its name. */
export function Avatar({ avatar, name }: { avatar: string | null; name: string }) {
  if (avatar !== null && isCarried(avatar)) return <img className="avatar" src={avatar} alt="" />;
  const isSign = avatar !== null && !avatar.includes(":") && avatar.length <= 16;
  return (
    <span className="avatar" aria-hidden="true">
      {isSign ? firstOf(avatar) : firstOf(name).toUpperCase()}
    </span>
  );
}
