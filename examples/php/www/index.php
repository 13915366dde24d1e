<?php
header('Content-Type: text/plain; charset=utf-8');
echo "PHP was asked for {$_SERVER['REQUEST_URI']}\n";
