# sh nothing_is_fused.sh OBJDUMP LIBRARY...
# Fails if an instruction in the libraries multiplies and adds at once, and shows it.
objdump=$1
shift
"$objdump" -d "$@" | awk '
  /[ \t]v?fn?m(add|sub|la|ls)/ { print; bad = 1 }
  END { exit bad || NR < 1000 }'
