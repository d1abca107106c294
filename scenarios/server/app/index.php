<?php
$times = json_decode(getenv("WEIR_SERVICE_TIMES"), true);
// NGINX sends what the client asked for as DOCUMENT_URI; without it, the path that follows the script's name.
$path = $_SERVER["DOCUMENT_URI"] ?? $_SERVER["PATH_INFO"] ?? "/";
usleep((int) round(1e6 * ($times[$path] ?? $times["*"])));
header("Content-Type: text/plain");
header("Content-Length: 9");
echo "weir: ok\n";
