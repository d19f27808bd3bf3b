"""PDFs for tests, made here: a plain one, and each kind of hostile one."""

import io
import zipfile
import zlib
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String


def plain() -> bytes:
    return _saved(_blank())


def opening(action: Any) -> bytes:
    """One that does something when it is opened."""
    pdf = _blank()
    pdf.Root.OpenAction = action
    return _saved(pdf)


def script() -> bytes:
    return opening(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))


def opens_at_its_first_page() -> bytes:
    """As many word processors write it."""
    pdf = _blank()
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])
    return _saved(pdf)


def link(action: Any) -> bytes:
    pdf = _blank()
    annotation = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)
    pdf.pages[0].obj.Annots = Array([annotation])
    return _saved(pdf)


def packed_script() -> bytes:
    """A named script, in an object stream: no search for words finds it."""
    pdf = _blank()
    script = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))
    names = pdf.make_indirect(Dictionary(Names=Array([String("x"), script])))
    pdf.Root.Names = pdf.make_indirect(Dictionary(JavaScript=names))
    return _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def escaped_launch() -> bytes:
    """The same word, spelt with an escape."""
    return link(Dictionary(S=Name("/LaunXXch"), F=String("cmd.exe"))).replace(b"/LaunXXch", b"/La#75nch")


def carrying() -> bytes:
    pdf = _blank()
    pdf.attachments["invoice.exe"] = b"MZ"
    return _saved(pdf)


def form() -> bytes:
    pdf = _blank()
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=String("<xdp/>"))
    return _saved(pdf)


def encrypted(password: str) -> bytes:
    return _saved(_blank(), encryption=pikepdf.Encryption(owner="owner", user=password))


def with_html() -> bytes:
    return b"%PDF-1.4\n%<html><script>alert(1)</script>\n" + plain()[9:]


def with_zip() -> bytes:
    file = io.BytesIO(plain())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "x")
    return file.getvalue()


def zips_in_a_zip(depth: int = 3, copies: int = 16) -> bytes:
    """In the manner of 42.zip: some kilobytes that unpack to gigabytes, if somebody unpacks them."""
    content = b"\0" * 1_000_000
    for _ in range(depth):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(copies):
                archive.writestr(f"{number}", content)
        content = file.getvalue()
    return content


def with_zip_and_tail() -> bytes:
    """The archive's comment is a PDF's end."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.class", "x")
        archive.comment = b"\n%%EOF\n"
    return plain() + file.getvalue()


def unpacks_to(size: int, *, times: int = 1) -> bytes:
    """A page whose contents are small, until somebody opens it."""
    packed = b"0" * size
    for _ in range(times):
        packed = zlib.compress(packed, 9)
    filters = [Name.FlateDecode] * times
    pdf = _blank()
    pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b"")
    pdf.pages[0].obj.Contents.write(packed, filter=Array(filters) if times > 1 else filters[0])
    return _as_it_is(pdf)


def picture(width: int, height: int, pixels: int) -> bytes:
    """A white picture that says to be so large, and holds so many pixels."""
    pdf = _blank()
    image = pikepdf.Stream(pdf, b"")
    image.write(zlib.compress(b"\xff" * pixels * 3), filter=Name.FlateDecode)
    image.Type, image.Subtype, image.ColorSpace = Name.XObject, Name.Image, Name.DeviceRGB
    image.Width, image.Height, image.BitsPerComponent = width, height, 8
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=image))
    return _as_it_is(pdf)


def objects(count: int) -> bytes:
    """Written by hand: so many objects, with a table that is right."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>"]
    bodies += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"]
    file, places = io.BytesIO(), []
    file.write(b"%PDF-1.4\n")
    for number in range(1, count + 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, bodies[number - 1] if number <= 3 else b"1"))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (count + 1))
    file.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    file.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count + 1, table))
    return file.getvalue()


def packed_objects(count: int) -> bytes:
    pdf = _blank()
    pdf.Root.More = Array([pdf.make_indirect(Dictionary(A=number)) for number in range(count)])
    return _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def nested(depth: int) -> bytes:
    return plain().replace(b"/Type /Catalog", b"/Type /Catalog /X " + b"[" * depth)


def pages_in_a_ring() -> bytes:
    pdf = _blank()
    ring = pdf.make_indirect(Dictionary(Type=Name.Pages, Count=1))
    ring.Kids = Array([ring])
    pdf.Root.Pages = ring
    return _saved(pdf)


def _blank() -> pikepdf.Pdf:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    return pdf


def _saved(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    file = io.BytesIO()
    pdf.save(file, **options)
    return file.getvalue()


def _as_it_is(pdf: pikepdf.Pdf) -> bytes:
    return _saved(pdf, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
