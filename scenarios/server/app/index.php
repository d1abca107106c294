<?php
$times = json_decode(getenv("WEIR_SERVICE_TIMES"), true);
// Asked directly, the path follows the script's name; NGINX sends it as DOCUMENT_URI.
$path = ($_SERVER["PATH_INFO"] ?? "") ?: ($_SERVER["DOCUMENT_URI"] ?? "/");
usleep((int) round(1e6 * ($times[$path] ?? $times["*"])));
header("Content-Type: text/plain");
header("Content-Length: 9");
echo "weir: ok\n";
